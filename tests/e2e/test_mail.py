"""E-mail from a durable outbox, against a real SMTP server."""
import http.client
import json
import statistics
import subprocess
import time

import pytest

from cluster import BIN, Cluster, free_port, wait_for
from messenger import Messenger
from smtp_peer import SmtpPeer, make_certificate
from tokens import make_token

FROM = "chat@example.org"


def mail_options(port, *more):
    return ["--smtp", f"smtp://127.0.0.1:{port}", "--mail-from", FROM, *more]


def new_message(cluster, author, reader, body, **fields):
    """POST /api/dialogs/new-message/: the message's id."""
    connection = http.client.HTTPConnection("127.0.0.1", cluster.ports[0],
                                            timeout=30)
    try:
        connection.request(
            "POST", "/api/dialogs/new-message/",
            body=json.dumps({"user_id": reader, "body": body, **fields}),
            headers={"Content-Type": "application/json", "Authorization":
                     "Bearer " + make_token(Cluster.SECRET, author)})
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 201, answer
        return answer["message"]["id"]
    finally:
        connection.close()


@pytest.fixture
def post(tmp_path):
    """A cluster with two people who want mail, and where their server is."""
    port = free_port()
    with Cluster(tmp_path, persister_options=mail_options(port),
                 gateway_options=["--rate", "0"]) as cluster:
        for user, name in (1, "ann"), (2, "bob"):
            cluster.put_user(user, name, first_name=name.title(),
                             last_name="Lee", email_notifications=True)
        cluster.smtp_port = port
        yield cluster


def ids_of(messages):
    return [f"<message.{message}@example.org>" for message in messages]


def mails_metric(cluster, outcome):
    from cluster import http_get
    _, text = http_get(cluster.persister.operator, "/metrics")
    for line in text.splitlines():
        if line.startswith("parlance_persister_mails_total") \
                and f'outcome="{outcome}"' in line:
            return int(float(line.rsplit(" ", 1)[1]))
    raise AssertionError(f"no outcome {outcome}")


def test_a_message_is_mailed_to_the_other_one(post):
    with SmtpPeer(post.smtp_port) as peer:
        message = new_message(post, 1, 2, "one *two*\n\n<script>x</script>")
        wait_for(lambda: peer.mails, "the mail")
        mail = peer.mails[0]
        assert peer.envelopes == [(FROM, ["bob@example.com"], False)]
        assert mail["Subject"] == "New message from Ann Lee"
        assert mail["From"] == f"<{FROM}>" or mail["From"] == FROM
        assert mail["To"].addresses[0].addr_spec == "bob@example.com"
        assert mail["Message-ID"] == ids_of([message])[0]
        assert mail["Auto-Submitted"] == "auto-generated"
        text = mail.get_body(("plain",)).get_content()
        html = mail.get_body(("html",)).get_content()
        assert "one *two*" in text and "<em>two</em>" in html
        assert "<script" not in html
        wait_for(lambda: mails_metric(post, "sent") == 1, "the count")


def test_names_and_texts_cannot_break_a_header(post):
    """What the directory lets through is still hostile to a header."""
    status, _ = post.api("PUT", "/api/users/1", {
        "username": "x", "first_name": "Zoë =?UTF-8?Q?x?=\u2028",
        "last_name": "Bcc: evil@example.com " + "é" * 200})
    assert status == 200
    with SmtpPeer(post.smtp_port) as peer:
        new_message(post, 1, 2, "a\r\n.\r\nQUIT\r\n\r\nBcc: evil@example.com")
        wait_for(lambda: peer.mails, "the mail")
        mail = peer.mails[0]
        assert peer.envelopes[0][1] == ["bob@example.com"]
        assert mail["Bcc"] is None
        assert mail["Subject"].startswith(
            "New message from Zoë =?UTF-8?Q?x?= Bcc: evil@example.com é")
        text = mail.get_body(("plain",)).get_content()
        assert "QUIT" in text and "\n.\n" in text.replace("\r\n", "\n")


def test_only_who_wants_mail_gets_it(post):
    post.put_user(3, "cat", email_notifications=False)
    post.put_user(4, "dan", email_notifications=True, email="")
    post.put_user(5, "eve", email_notifications=True,
                  email="eve@example.com>\u00e9")
    with SmtpPeer(post.smtp_port) as peer:
        for user in 3, 4, 5:
            new_message(post, 1, user, "hi")
        wanted = new_message(post, 1, 2, "hi")
        wait_for(lambda: peer.mails, "the mail")
        wait_for(lambda: mails_metric(post, "unwanted") == 3, "the others")
        assert peer.ids() == ids_of([wanted])


def test_a_deleted_message_is_not_mailed(post):
    gone = new_message(post, 1, 2, "gone")
    with Messenger(post.ports[0], 1) as client:
        answer = client.ask("delete_message", pk=gone)
        assert answer["response_status"] == 204
    with SmtpPeer(post.smtp_port) as peer:
        kept = new_message(post, 1, 2, "kept")
        wait_for(lambda: kept and peer.mails, "the mail")
        assert peer.ids() == ids_of([kept])


def test_the_server_is_down_and_comes_up(post):
    sent = [new_message(post, 1, 2, f"m{i}") for i in range(5)]
    with SmtpPeer(post.smtp_port) as peer:
        wait_for(lambda: len(peer.ids()) == 5, "all mails")
        assert peer.ids() == ids_of(sent)


def test_the_persister_is_killed_in_between(post):
    with SmtpPeer(post.smtp_port) as peer:
        peer.held.clear()
        sent = [new_message(post, 1, 2, f"m{i}") for i in range(5)]
        wait_for(lambda: peer.attempts, "the first attempt")
        post.persister.kill()
        peer.held.set()
        post.persister.start().wait_ready()
        wait_for(lambda: len(peer.ids()) == 5, "all mails")
        assert set(peer.ids()) == set(ids_of(sent))


def test_refused_for_now_is_sent_later_and_for_good_is_dropped(post):
    with SmtpPeer(post.smtp_port) as peer:
        peer.answers = ["451 not now", "451 not now", None]
        later = new_message(post, 1, 2, "later")
        wait_for(lambda: peer.mails, "the third attempt")
        assert peer.ids() == ids_of([later]) and peer.attempts == 3
        wait_for(lambda: mails_metric(post, "retried") == 2, "the count")
        peer.answers = ["554 never", None]
        new_message(post, 1, 2, "never")
        wait_for(lambda: mails_metric(post, "refused") == 1, "the drop")
        after = new_message(post, 1, 2, "after")
        wait_for(lambda: len(peer.mails) == 2, "the next mail")
        assert peer.ids() == ids_of([later, after])


def test_starttls_and_login(tmp_path):
    port = free_port()
    certificate = make_certificate(tmp_path)
    (tmp_path / "password").write_text("the secret\n")
    with Cluster(tmp_path, persister_options=mail_options(
            port, "--smtp-user", "parlance", "--smtp-password-file",
            f"{tmp_path}/password", "--smtp-ca-file", certificate[0])) as post:
        post.put_user(2, "bob", email_notifications=True)
        # With another password it takes nothing, and nothing is lost.
        with SmtpPeer(port, certificate, ("parlance", "another")):
            sent = new_message(post, 1, 2, "hi")
            wait_for(lambda: "mail_server_away" in post.persister.tail(),
                     "a word about it")
        with SmtpPeer(port, certificate, ("parlance", "the secret")) as peer:
            wait_for(lambda: peer.mails, "the mail")
            assert peer.ids() == ids_of([sent])
            assert peer.envelopes[0][2]
        with open(post.persister.log, encoding="utf-8") as log:
            assert "the secret" not in log.read()


def test_a_login_never_goes_over_a_readable_line(tmp_path):
    port = free_port()
    (tmp_path / "password").write_text("the secret\n")
    with Cluster(tmp_path, persister_options=mail_options(
            port, "--smtp-user", "parlance", "--smtp-password-file",
            f"{tmp_path}/password")) as post:
        post.put_user(2, "bob", email_notifications=True)
        with SmtpPeer(port) as peer:
            new_message(post, 1, 2, "hi")
            wait_for(lambda: "mail_server_away" in post.persister.tail(),
                     "a word about it")
            assert not peer.mails


def test_a_thousand_mails_wait_while_the_chat_goes_on(post):
    """The server hangs; the chat does not notice; then all are sent."""
    def seconds_a_message(client, room, count):
        spent = []
        for i in range(count):
            begun = time.monotonic()
            client.say(f"m{i}", pk=room)
            spent.append(time.monotonic() - begun)
        return statistics.median(spent)

    room = post.make_room("quick", [1, 2])
    with SmtpPeer(post.smtp_port) as peer, \
            Messenger(post.ports[0], 1) as client:
        before = seconds_a_message(client, room, 200)
        peer.held.clear()
        sent = [new_message(post, 1, 2, f"mail {i}") for i in range(1000)]
        during = seconds_a_message(client, room, 200)
        assert not peer.mails
        # Far from a measurement: waiting for the mail server takes seconds.
        assert during < 10 * before + 0.05
        peer.held.set()
        wait_for(lambda: len(peer.ids()) == 1000, "all mails", 120)
        assert set(peer.ids()) == set(ids_of(sent))


@pytest.mark.parametrize("options, named, status", [
    (["--smtp", "http://x", "--mail-from", FROM], "--smtp", 2),
    (["--smtp", "smtp://user:pw@x", "--mail-from", FROM], "--smtp", 2),
    (["--smtp", "smtp://x/path", "--mail-from", FROM], "--smtp", 2),
    (["--smtp", "smtp://x"], "--mail-from", 2),
    (["--smtp", "smtp://x", "--mail-from", "a@b\nc"], "--mail-from", 2),
    (["--mail-from", FROM], "--smtp", 2),
    (mail_options(25, "--smtp-user", "x"), "--smtp-password-file", 2),
    (mail_options(25, "--smtp-password-file", "/dev/null"), "--smtp-user", 2),
    (mail_options(25, "--smtp-user", "x", "--smtp-password-file", "/none"),
     "--smtp-password-file", 1),
    (mail_options(25, "--smtp-user", "x", "--smtp-password-file",
                  "/dev/null"), "--smtp-password-file", 1),
    (mail_options(25, "--smtp-ca-file", "/none"), "--smtp-ca-file", 1),
])
def test_bad_options_are_refused_by_name(tmp_path, options, named, status):
    result = subprocess.run(
        [f"{BIN}/parlance-persister", "--data", f"{tmp_path}/store",
         "--listen", f"tcp://127.0.0.1:{free_port()}", *options],
        capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == status
    assert named in result.stderr.splitlines()[-1]
