"""A plain client of the `messenger` dialect, to be the other side."""

import asyncio
import json
import uuid

import websockets


async def _ask(socket, action, **parameters):
    """The answer; asks again where the server wants it slower."""
    while True:
        frame = {"action": action, "request_id": uuid.uuid4().hex,
                 **parameters}
        await socket.send(json.dumps(frame))
        while True:
            answer = json.loads(await asyncio.wait_for(socket.recv(), 20))
            if answer.get("request_id") == frame["request_id"]:
                break
        if answer["response_status"] != 429:
            break
        await asyncio.sleep(0.2)
    assert answer["response_status"] < 300, answer
    return answer


def ask_all(chat, name, requests):
    """Sends (action, parameters) one after the other; returns the answers."""

    async def session():
        base = chat.url.replace("http", "ws", 1)
        url = f"{base}messenger/chat/?token={chat.tokens[name]}"
        async with websockets.connect(url) as socket:
            return [await _ask(socket, action, **parameters)
                    for action, parameters in requests]

    return asyncio.run(session())


def say(chat, name, room, texts):
    """Sends the texts and returns the ids of the messages."""
    answers = ask_all(chat, name, [
        ("create_message",
         {"pk": room, "message": text, "client_key": uuid.uuid4().hex})
        for text in texts])
    return [answer["pk"] for answer in answers]


def order_room(chat):
    """The id of the room of the customer and the executor."""
    [answer] = ask_all(chat, "customer", [("user_chat_list_action", {})])
    return next(row["pk"] for row in answer["data"]
                if row["customer"] and row["executor"]
                and row["customer"]["username"] == "customer"
                and row["executor"]["username"] == "executor")


def newest(chat, room):
    """The newest page of the history, oldest message first."""
    [answer] = ask_all(chat, "customer", [
        ("retrive_room_paginated_message_action", {"pk": room, "page": 1})])
    return answer["data"][::-1]
