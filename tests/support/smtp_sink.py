# SPDX-License-Identifier: MIT
"""A mail server (aiosmtpd) for tests: says on stdout, a JSON line each, what arrives; obeys orders on stdin."""
import asyncio
import json
import logging
import ssl
import sys
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
options = json.loads(sys.argv[1])
# What the next mails get: {"mail"|"rcpt"|"data": reply, "delay": seconds before the reply to DATA, "times": how often}.
orders = []


def say(**event):
    print(json.dumps(event), flush=True)


def order_for(step):
    for order in orders:
        if step in order:
            order["times"] -= 1
            if order["times"] <= 0:
                orders.remove(order)
            return order[step]
    return None


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        reply = order_for("mail")
        if reply:
            say(event="refused", step="mail", reply=reply)
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        reply = order_for("rcpt")
        if reply:
            say(event="refused", step="rcpt", reply=reply)
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        delay = order_for("delay")
        reply = order_for("data")
        if reply and not reply.startswith("2"):
            say(event="refused", step="data", reply=reply)
            return reply
        say(event="mail", sender=envelope.mail_from, recipients=envelope.rcpt_tos,
            data=envelope.content.decode("utf-8", "surrogateescape"), tls=session.ssl is not None or options["tls"] == "tls",
            login=getattr(session, "login", None))
        if delay:
            await asyncio.sleep(delay)
        return reply or "250 queued"


def authenticate(server, session, envelope, mechanism, data):
    wanted = options.get("auth")
    if not isinstance(data, LoginPassword) or not wanted:
        return AuthResult(success=False, handled=False)
    ok = data.login.decode() == wanted["user"] and data.password.decode() == wanted["password"]
    if ok:
        session.login = data.login.decode()
    else:
        say(event="refused", step="auth", reply="535")
    return AuthResult(success=ok, handled=False)


def obey(loop):
    for line in sys.stdin:
        order = json.loads(line)
        loop.call_soon_threadsafe(orders.clear if order.get("clear") else lambda o=order: orders.append({"times": 1, **o}))
    loop.call_soon_threadsafe(loop.stop)


def protocol(context):
    return SMTP(Handler(), hostname="mail.test", enable_SMTPUTF8=options.get("utf8", False),
                tls_context=context if options["tls"] == "starttls" else None,
                require_starttls=options["tls"] == "starttls",
                auth_required=bool(options.get("auth")), auth_require_tls=options["tls"] == "starttls",
                authenticator=authenticate if options.get("auth") else None, timeout=60)


async def serve():
    context = None
    if options["tls"] != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(context), "127.0.0.1", options.get("port", 0),
                                      ssl=context if options["tls"] == "tls" else None)
    say(event="ready", port=server.sockets[0].getsockname()[1])
    return server


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
keep = loop.run_until_complete(serve())
threading.Thread(target=obey, args=(loop,), daemon=True).start()
loop.run_forever()
