#!/bin/sh
# Fetches the documentation pages' libraries from the npm registry into app/static/vendor. Run it to move to newer
# versions; the files are part of the repository, so that neither a build nor a page needs the internet.
set -eu

SWAGGER_UI=swagger-ui-dist@5.35.0
REDOC=redoc@2.5.4

target=$(cd "$(dirname "$0")/.." && pwd)/app/static/vendor
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

unpack() {
    mkdir "$1"
    tar -xzf "$(npm pack --silent "$2")" -C "$1" --strip-components=1
}

unpack swagger "$SWAGGER_UI"
unpack redoc "$REDOC"
rm -rf "$target"
mkdir -p "$target"

cp swagger/swagger-ui-bundle.js swagger/swagger-ui.css swagger/favicon-32x32.png "$target"
cp swagger/LICENSE "$target/swagger-ui.LICENSE.txt"
cp swagger/NOTICE "$target/swagger-ui.NOTICE.txt"
cp swagger/swagger-ui-bundle.js.LICENSE.txt "$target"
cp redoc/LICENSE "$target/redoc.LICENSE.txt"
cp redoc/bundles/redoc.standalone.js.LICENSE.txt "$target"
# Redoc loads its maker's logo from elsewhere, and hides it where that fails: this makes it fail without asking.
sed -e 's|https://cdn.redoc.ly/redoc/logo-mini.svg|data:,|' -e '/^\/\/# sourceMappingURL=/d' \
    redoc/bundles/redoc.standalone.js > "$target/redoc.standalone.js"
sed -i -e '/^\/\/# sourceMappingURL=/d' "$target/swagger-ui-bundle.js"
sed -i -e 's|/\*# sourceMappingURL=.*\*/||' "$target/swagger-ui.css"
printf '%s\n%s\n' "$SWAGGER_UI" "$REDOC" > "$target/VERSIONS"
