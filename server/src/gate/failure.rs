//! What a failed handshake says about who must act: the peer, we, or nobody.

use std::io;

use rustls::{CertificateError, Error};

use crate::operations::HandshakeFailure;

/// The cause of an error of the TLS acceptor.
pub(super) fn cause_of(error: &io::Error) -> HandshakeFailure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        None => HandshakeFailure::Closed,
        Some(Error::InvalidCertificate(error)) => certificate(error),
        Some(Error::PeerIncompatible(_) | Error::NoApplicationProtocol) => {
            HandshakeFailure::Incompatible
        }
        Some(Error::AlertReceived(_)) => HandshakeFailure::RefusedByPeer,
        Some(_) => HandshakeFailure::Protocol,
    }
}

fn certificate(error: &CertificateError) -> HandshakeFailure {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => HandshakeFailure::Validity,
        CertificateError::Revoked => HandshakeFailure::Revoked,
        // What the gate says of a list that has expired.
        CertificateError::ApplicationVerificationFailure => HandshakeFailure::RevocationList,
        _ => HandshakeFailure::Certificate,
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

    use super::*;

    #[test]
    fn who_is_at_fault_is_told_apart() {
        let of = |error: Error| cause_of(&io::Error::new(io::ErrorKind::InvalidData, error));
        let incompatible = PeerIncompatible::Tls13RequiredForQuic;
        assert_eq!(of(Error::PeerIncompatible(incompatible)), HandshakeFailure::Incompatible);
        let alert = Error::AlertReceived(AlertDescription::UnknownCA);
        assert_eq!(of(alert), HandshakeFailure::RefusedByPeer);
        let message = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(of(message), HandshakeFailure::Protocol);
        for (error, cause) in [
            (CertificateError::Expired, HandshakeFailure::Validity),
            (CertificateError::Revoked, HandshakeFailure::Revoked),
            (CertificateError::ApplicationVerificationFailure, HandshakeFailure::RevocationList),
            (CertificateError::UnknownIssuer, HandshakeFailure::Certificate),
        ] {
            assert_eq!(of(Error::InvalidCertificate(error)), cause);
        }
        let gone = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(cause_of(&gone), HandshakeFailure::Closed);
    }
}
