"""Sending of a message by a deployment's SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import localtime, make_msgid

from deployment.errors import HoldfastError
from deployment.receivers.mail_server import MailServer
from deployment.secrets import hide, reveal


class MailError(HoldfastError):
    """A message was not sent; the text has the server, its answer and no secret."""


def new_message(subject: str, server: MailServer) -> EmailMessage:
    """A message without a body, from the sender to all recipients."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = server.sender
    message["To"] = ", ".join(server.recipients)
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    return message


def send_mail(message: EmailMessage, server: MailServer) -> None:
    """Send a message.

    Raises:
        SecretError: the password is not set.
        MailError: the server cannot be reached, or refuses the message.
    """
    password = reveal(server.password) if server.password else None
    place = f"{server.host}:{server.port}"
    try:
        with _connected(server) as connection:
            if server.user and password:
                connection.login(server.user, password)
            refused = connection.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        said = hide(str(error), *([password] if password else []))
        raise MailError(f"the mail was not sent by {place}: {said}") from error
    if refused:
        raise MailError(f"{place} refused the mail for {', '.join(sorted(refused))}")


def _connected(server: MailServer) -> smtplib.SMTP:
    context, timeout = ssl.create_default_context(), server.timeout_seconds
    if server.tls == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    if server.tls == "starttls":
        try:
            connection.starttls(context=context)
        except BaseException:
            connection.close()
            raise
    return connection
