"""The connector to a mail server: messages over SMTP (RFC 5321), invitations among them."""

from pointsman_smtp.config import Security, SignIn, SmtpConfig
from pointsman_smtp.connector import MANIFEST, SmtpConnector, connector

__all__ = ["MANIFEST", "Security", "SignIn", "SmtpConfig", "SmtpConnector", "connector"]
