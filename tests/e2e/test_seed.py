"""The literal conversation of the messenger seed, over two gateways."""
from messenger import Messenger

REQUEST_ID = 1643788752396


def ask(client, **request):
    """As the seed writes it: one request_id for everything, pk as text."""
    import json
    client.socket.send(json.dumps({"request_id": REQUEST_ID, **request}))
    frame = client.receive()
    while "response_status" not in frame:
        client.events.append(frame)
        frame = client.receive()
    assert frame["request_id"] == REQUEST_ID
    return frame


def play(client, room, user):
    """Steps 1 to 5 of the seed; the answer of step 2."""
    pk = str(room)
    joined = ask(client, pk=pk, action="join_room")
    assert joined["response_status"] == 200 and joined["pk"] == pk
    assert joined["data"]["kind"] == "order"
    retrieved = ask(client, pk=pk, action="retrieve")
    assert retrieved["response_status"] == 200
    assert retrieved["errors"] == [] and retrieved["pk"] == pk
    subscribed = ask(client, pk=pk, action="subscribe_to_messages_in_room")
    assert subscribed["response_status"] == 201
    assert subscribed["data"] is None
    chats = ask(client, pk=pk, page="1", action="user_chat_list_action")
    assert [c["pk"] for c in chats["data"]] == [room]
    assert chats["data"][0]["executor"] == {
        "id": 2, "username": "testexecutor",
        "email": "testexecutor@example.com"}
    assert chats["data"][0]["customer"]["id"] == 1
    page = ask(client, pk=pk, message="", page="1",
               action="retrive_room_paginated_message_action")
    assert page["page"] == "1" and page["default_page_size"] == 30
    assert page["page_count_of_messages"] == len(page["data"])
    return retrieved["data"]


def test_the_conversation(two_gateways):
    cluster = two_gateways
    cluster.put_user(1, "testcustomer")
    cluster.put_user(2, "testexecutor")
    room = cluster.make_order("43", 1, 2)
    assert cluster.make_order("43", 1, 2) == room

    with Messenger(cluster.ports[0], 1) as customer, \
            Messenger(cluster.ports[1], 2) as executor:
        assert play(customer, room, 1) == {"last_message": None,
                                           "messages": []}
        play(executor, room, 2)
        spoken = []
        for i in range(20):
            speaker, listener = (customer, executor) if i % 2 == 0 \
                else (executor, customer)
            said = ask(speaker, message=f"message {i}",
                       action="create_message")
            assert said["action"] == "create"
            assert said["response_status"] == 201 and said["errors"] == []
            assert said["pk"] == said["data"]["id"]
            heard = listener.event()
            assert heard == {"action": "create", "pk": said["pk"],
                             "data": said["data"]}
            spoken.append(said["data"])
        empty = ask(customer, message="", action="create_message")
        assert empty["data"]["text"] == ""
        spoken.append(executor.event()["data"])
        ids = [m["id"] for m in spoken]
        assert ids == sorted(ids) and len(set(ids)) == len(ids)

    for process in cluster.processes:
        process.kill()
    for process in cluster.processes:
        process.start()
    cluster.wait_ready()

    with Messenger(cluster.ports[1], 1) as customer:
        kept = play(customer, room, 1)
        assert kept["messages"] == spoken
        assert kept["last_message"] == spoken[-1]
