"""Connections to an exchange (docs/FORMATS.md, section 9).

grpcio wants to be told the root certificate; what one knows of it is its pin. So the certificate is taken
from the handshake of a connection over which nothing is said, and believed when its digest is a pin.
"""

import hashlib
import socket

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

PROTOCOL = b"h2"


def presented(address: str) -> tuple[str, bytes]:
    """The name under which the exchange presents itself, and the last certificate of its chain, DER.
    Nothing is verified."""
    host, _, port = address.rpartition(":")
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_alpn_protos([PROTOCOL])
    with socket.create_connection((host, int(port)), timeout=30) as plain:
        plain.setblocking(True)
        connection = SSL.Connection(context, plain)
        connection.set_connect_state()
        connection.do_handshake()
        leaf, *_, ca = connection.get_peer_cert_chain(as_cryptography=True)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    name = names.get_values_for_type(x509.DNSName)[0]
    return name, ca.public_bytes(serialization.Encoding.DER)


def pin_of(certificate: bytes) -> bytes:
    return hashlib.sha256(certificate).digest()


def channel(address: str, name: str, ca: bytes, identity: tuple[bytes, list[bytes]] | None = None) -> grpc.Channel:
    """A channel to the exchange of that name under that CA; `identity` is a private key (PEM) and the
    chain that the exchange has issued for it (DER)."""
    key, chain = identity or (None, [])
    credentials = grpc.ssl_channel_credentials(pem(ca), key, b"".join(map(pem, chain)) or None)
    options = [("grpc.ssl_target_name_override", name), ("grpc.max_receive_message_length", 8 << 20)]
    return grpc.secure_channel(address, credentials, options)


def new_request() -> tuple[bytes, bytes]:
    """A P-256 key (PEM) and the request for its certificate (PKCS #10, DER), which names nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, request.public_bytes(serialization.Encoding.DER)


def spiffe_name(certificate: bytes) -> str:
    parsed = x509.load_der_x509_certificate(certificate)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    return name


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
