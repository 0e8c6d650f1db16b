-- The stock room. A level is the sum of its ingredient's movements; both change in the same transaction.
CREATE TABLE stock_levels (
    ingredient TEXT PRIMARY KEY,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL
) WITHOUT ROWID;

-- The ledger. No row is ever deleted; the id is what makes a movement count once. `unseen` is 1 for a reservation
-- whose order nobody has looked for yet.
CREATE TABLE stock_movements (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ingredient TEXT NOT NULL,
    kind TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    at INTEGER NOT NULL,
    order_id TEXT,
    reason TEXT,
    by_whom TEXT,
    unseen INTEGER
);

CREATE INDEX stock_movements_by_ingredient ON stock_movements (ingredient, position);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX stock_movements_unseen ON stock_movements (at) WHERE unseen IS NOT NULL;

-- What the stock room knows of its ingredients, and the book of recipes (see the columns of `orders`).
CREATE TABLE ingredients (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state BLOB NOT NULL,
    pending BLOB,
    pending_count INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    next_attempt_at INTEGER,
    lane TEXT,
    pending_since INTEGER,
    parked_at INTEGER
);

CREATE INDEX ingredients_due ON ingredients (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ingredients_parked ON ingredients (parked_at, id) WHERE parked_at IS NOT NULL;

CREATE TABLE recipe_books (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state BLOB NOT NULL,
    pending BLOB,
    pending_count INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    next_attempt_at INTEGER,
    lane TEXT,
    pending_since INTEGER,
    parked_at INTEGER
);

CREATE INDEX recipe_books_due ON recipe_books (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX recipe_books_parked ON recipe_books (parked_at, id) WHERE parked_at IS NOT NULL;
