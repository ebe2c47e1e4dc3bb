//! HMAC-SHA256 signatures in hexadecimal, as vendors put them on what they send.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The signature of some bytes, in lower-case hexadecimal.
pub fn hex(secret: &SecretString, parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    let mut text = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether `given` is the prefix and then the signature, told in a time that depends on neither.
pub fn matches(given: &[u8], prefix: &str, secret: &SecretString, parts: &[&[u8]]) -> bool {
    let expected = format!("{prefix}{}", hex(secret, parts));
    expected.as_bytes().ct_eq(given).into()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{hex, matches};

    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let key = SecretString::from("Jefe");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&key, &[b"what do ya want ", b"for nothing?"]), expected);
        let given = format!("sha256={expected}");
        let text: &[&[u8]] = &[b"what do ya want for nothing?"];
        assert!(matches(given.as_bytes(), "sha256=", &key, text));
        for wrong in [
            given.to_uppercase(),
            expected.to_owned(),
            given.replace("5bdc", "5bdd"),
            given[..70].to_owned(),
            format!("{given}0"),
            String::new(),
        ] {
            assert!(!matches(wrong.as_bytes(), "sha256=", &key, text), "{wrong}");
        }
    }
}
