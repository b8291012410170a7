"""A real SMTP server (aiosmtpd) that does as a test tells it."""
import email
import email.policy
import ssl
import subprocess
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def make_certificate(directory):
    """A certificate for 127.0.0.1 that nobody but the test trusts."""
    paths = f"{directory}/smtp-cert.pem", f"{directory}/smtp-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "1", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True)
    return paths


class SmtpPeer:
    """Listens while it is used as a context manager. |answers| are given to
    the mails in turn instead of 250; |hold| keeps all waiting."""

    def __init__(self, port, certificate=None, login=None):
        self.port = port
        self.mails = []  # email.message.EmailMessage, as they came
        self.envelopes = []  # (sender, receivers, was the line encrypted)
        self.answers = []
        self.attempts = 0
        self.held = threading.Event()
        self.held.set()
        self.login = login
        options = {}
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            options.update(tls_context=context, require_starttls=True)
        if login:
            options.update(authenticator=self._authenticate,
                           auth_required=True)
        peer = self

        class Server(Controller):
            def factory(self):
                return SMTP(self.handler, hostname="peer.test", **options)
        self.controller = Server(peer, hostname="127.0.0.1", port=port)

    def _authenticate(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and self.login == (
            data.login.decode(), data.password.decode())
        return AuthResult(success=good, handled=good)

    async def handle_DATA(self, server, session, envelope):
        import asyncio
        self.attempts += 1
        while not self.held.is_set():
            await asyncio.sleep(0.02)
        if self.answers:
            answer = self.answers.pop(0)
            if answer is not None:
                return answer
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos),
                               session.ssl is not None))
        self.mails.append(email.message_from_bytes(
            envelope.content, policy=email.policy.default))
        return "250 taken"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *failure):
        self.held.set()
        self.controller.stop()

    def ids(self):
        """The Message-IDs that came, without repetitions, in order."""
        return list(dict.fromkeys(m["Message-ID"] for m in self.mails))
