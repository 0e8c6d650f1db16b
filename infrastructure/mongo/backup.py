"""Copies of a MongoDB store: read while it is written to, without a snapshot, which not every server has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo.errors import BulkWriteError

from domain.errors import StoreUnavailable
from infrastructure.backup_file import BackupError, Report, Seal, check, new_file, seal
from infrastructure.mongo.archive import COLLECTIONS, DERIVED, EVENTS, Archive, existing_archive, new_archive
from infrastructure.mongo.client import Collection, Database, Document, Driver
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.mongo.indexes import INDEXES
from infrastructure.mongo.store import INDEX_SECONDS, MongoStore

STORE = "mongodb"
PAGE = 500
#: How long the server may be away before a copy is given up, in seconds.
PATIENCE = 30.0
#: Where a restore writes until all of it is there.
_STAGING = "restoring_"


async def back_up(url: str, driver: Driver, target: Path, report: Report, *, force: bool) -> Seal:
    """Copy the store. Raises `BackupError`, `StoreUnavailable`, OSError, `sqlite3.Error`."""
    with new_file(target, replace=force) as beside:
        async with _database(url, driver) as database:
            with new_archive(beside) as archive:
                await _copy(database, archive, report)
                pending = archive.finish()
        return seal(beside, STORE, pending=pending)


async def restore(source: Path, url: str, driver: Driver, report: Report, *, force: bool) -> tuple[Seal, int]:
    """Fill the database from a backup; says what it holds and how many leases were released.

    Raises `BackupError` where the backup is not whole or the database not empty and not to be replaced; also
    `StoreUnavailable`, `sqlite3.Error`. What is there is replaced only once all of the backup stands beside it.
    """
    found = check(source, STORE)
    async with _database(url, driver) as database:
        if not force and not await _is_empty(database):
            raise BackupError(f"The database '{database.name}' is not empty. --force replaces it.")
        try:
            with existing_archive(source) as archive:
                released = await _load(archive, database, report)
            await _put_in_place(database)
        finally:
            with store_errors(PATIENCE):
                for name in (*COLLECTIONS, EVENTS):
                    await database[_STAGING + name].drop()
    return found, released


@asynccontextmanager
async def _database(url: str, driver: Driver) -> AsyncIterator[Database]:
    store = MongoStore(url, driver=driver)
    try:
        yield store.database
    finally:
        await store.close()


async def _copy(database: Database, archive: Archive, report: Report) -> None:
    """Aggregates before the log: an event leaves its aggregate after it has entered the log, so that each event up to
    a copied aggregate's version is in one of the two. What is logged later than that, the archive leaves out."""
    for name in COLLECTIONS:
        await _copy_collection(database[name], archive, report)
    last = await _find(database[EVENTS], {}, -1, 1)
    end = last[0]["_id"] if last else 0
    position = 0
    while position < end:
        page = await _find(database[EVENTS], {"_id": {"$gt": position, "$lte": end}}, 1, PAGE)
        if not page:
            raise BackupError(f"The event log ends at {position}, before {end}.")
        position = page[-1]["_id"]
        archive.add_events(page)
        report("Reading events", position, end)


async def _copy_collection(collection: Collection, archive: Archive, report: Report) -> None:
    """By ranges of ids, which never change: each document once, and no cursor to keep open on the server."""
    total = await persist(collection.estimated_document_count, PATIENCE)
    done, page = 0, await _find(collection, {}, 1, PAGE)
    while page:
        archive.add(collection.name, page)
        done += len(page)
        report(f"Reading {collection.name}", done, max(done, total))
        page = await _find(collection, {"_id": {"$gt": page[-1]["_id"]}}, 1, PAGE)


async def _find(collection: Collection, condition: Document, direction: int, limit: int) -> list[Document]:
    def read() -> Any:
        return collection.find(condition).sort("_id", direction).limit(limit).to_list(None)

    found: list[Document] = await persist(read, PATIENCE)
    return found


async def _is_empty(database: Database) -> bool:
    return not any([await _find(database[name], {}, 1, 1) for name in (*COLLECTIONS, EVENTS)])


async def _load(archive: Archive, database: Database, report: Report) -> int:
    """Write the whole archive beside the database's own collections; returns how many leases were released."""
    released = 0
    for name in (*COLLECTIONS, EVENTS):
        staging, total, done = database[_STAGING + name], archive.count(name), 0
        await persist(staging.drop, PATIENCE)  # of a restore that was killed
        for page in archive.pages(name, PAGE):
            released += sum(_release(document) for document in page)
            await _insert(staging, page)
            done += len(page)
            report(f"Writing {name}", done, total)
        written = await persist(lambda staging=staging: staging.count_documents({}), PATIENCE)  # type: ignore[misc]
        if written != total:
            raise BackupError(f"{written} of {total} {name} were written. Nothing was replaced.")
        if total and name in INDEXES:
            with store_errors(INDEX_SECONDS):
                await staging.create_indexes(INDEXES[name])
    return released


async def _insert(collection: Collection, documents: list[Document]) -> None:
    async def attempt() -> None:
        try:
            await collection.insert_many(documents, ordered=False)
        except BulkWriteError as failure:
            # An earlier try whose answer was lost has written them; whatever else it may mean, the count will show it.
            if not only_duplicates(failure):
                raise

    await persist(attempt, PATIENCE)


async def _put_in_place(database: Database) -> None:
    try:
        with store_errors(PATIENCE):
            for name in (*COLLECTIONS, EVENTS):
                if await database[_STAGING + name].find_one({}, {"_id": 1}):
                    await database[_STAGING + name].rename(name, dropTarget=True)
                else:
                    await database[name].drop()
            for name in DERIVED:
                await database[name].drop()
    except StoreUnavailable as failure:
        why = f"the store went away ({failure.__cause__}) while collections were replaced"
        raise BackupError(f"{why}. Run it again with --force before you start a service.") from failure


def _release(document: Document) -> bool:
    """The holder of the lease is gone: what it held is due, by the server's clock since it was saved."""
    if document.pop("lease", None) is None:
        return False
    document["next_attempt_at"] = document.get("pending_since", document.get("next_attempt_at"))
    return True
