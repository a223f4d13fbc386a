"""Plain HTTP to servers on this machine."""

import ssl

#: For httpx's `verify`: it trusts no authority, so https does not work with it. Reading the certificates of all
#: authorities, as httpx does by itself for every client, takes longer than a request to a server on this machine.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
