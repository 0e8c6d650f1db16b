"""The one place that knows which driver talks to the server: Motor, or its successor in PyMongo."""

import asyncio
from typing import Any, Literal, cast

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from infrastructure.mongo.timing import CommandTimer
from infrastructure.observer import Observer

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]
Driver = Literal["motor", "pymongo"]

DEFAULT_DATABASE = "pizzeria"

#: A write counts when a majority has it on disk. The driver repeats no write: a repeat that it hides cannot be told
#: from somebody else's write, and many compatible servers cannot repeat safely. Times in milliseconds.
OPTIONS: dict[str, Any] = {
    "tz_aware": True,
    "w": "majority",
    "journal": True,
    "retryWrites": False,
    "retryReads": True,
    "serverSelectionTimeoutMS": 2_000,
    "connectTimeoutMS": 1_000,
    "socketTimeoutMS": 2_000,
    "waitQueueTimeoutMS": 2_000,
    "heartbeatFrequencyMS": 5_000,
    "appname": "pizzeria",
}


def make_client(url: str, driver: Driver, observe: Observer) -> Client:
    """Make a client; it connects when it is first used, and belongs to the event loop that uses it.

    Raises `pymongo.errors.ConfigurationError` or `InvalidURI` for an address that is none.
    """
    listeners = [CommandTimer(observe)]
    if driver == "motor":
        # Motor has the same methods, as coroutines too.
        return cast(Client, AsyncIOMotorClient(url, event_listeners=listeners, **OPTIONS))
    return AsyncMongoClient(url, event_listeners=listeners, **OPTIONS)


async def close_client(client: Client) -> None:
    if isinstance(client, AsyncMongoClient):
        await client.close()
    else:
        await asyncio.to_thread(client.close)  # Motor says goodbye to the server, and waits for it, then and there


async def aggregate(collection: Collection, pipeline: list[Document]) -> list[Document]:
    """All results of a pipeline. PyMongo's `aggregate` is a coroutine, Motor's is not."""
    cursor: Any = collection.aggregate(pipeline)
    if hasattr(cursor, "__await__"):
        cursor = await cursor
    found: list[Document] = await cursor.to_list(None)
    return found
