-- The menu raises events too: what is due, and what is parked (see the same of `orders`).
CREATE INDEX menus_due ON menus (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX menus_parked ON menus (parked_at, id) WHERE parked_at IS NOT NULL;
