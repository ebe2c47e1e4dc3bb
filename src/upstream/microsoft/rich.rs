//! Change notifications: opening the content of a rich one.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The `encryptedContent` of a rich notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptedContent {
    /// The content, encrypted, in base64.
    pub data: String,
    /// Its HMAC.
    pub data_signature: String,
    /// The symmetric key, encrypted for us.
    pub data_key: String,
    /// Which of our certificates it was encrypted for.
    pub encryption_certificate_id: String,
}

/// The content could not be opened: damaged, forged, or not for this key. Not even which, for that would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the notification's content cannot be opened")]
pub struct Unreadable;

/// A private key whose certificate was given to Graph.
pub struct NotificationKey(OaepPrivateDecryptingKey);

impl NotificationKey {
    /// Reads a PKCS #8 key, in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, Unreadable> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| Unreadable)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| Unreadable)?;
        Ok(Self(key))
    }

    /// Opens a notification's content ("Set up change notifications that include resource data", decrypting): the key by
    /// RSA-OAEP with SHA-1, the signature before anything else, then AES-256-CBC whose vector is the key's beginning.
    pub fn open(&self, content: &EncryptedContent) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| Unreadable);
        let sealed_key = decode(&content.data_key)?;
        let mut room = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let key = self
            .0
            .decrypt(&OAEP_SHA1_MGF1SHA1, &sealed_key, &mut room, None)
            .map_err(|_| Unreadable)?;
        let mut data = Zeroizing::new(decode(&content.data)?);
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Unreadable)?;
        mac.update(&data);
        mac.verify_slice(&decode(&content.data_signature)?)
            .map_err(|_| Unreadable)?;
        let vector: [u8; 16] = *key.first_chunk().ok_or(Unreadable)?;
        let cipher = UnboundCipherKey::new(&AES_256, key)
            .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
            .map_err(|_| Unreadable)?;
        let start = DecryptionContext::Iv128(FixedLength::from(vector));
        let plain = cipher.decrypt(&mut data, start).map_err(|_| Unreadable)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::io::{self, Write as _};
    use std::path::PathBuf;

    use aws_lc_rs::cipher::{
        AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
    };
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::iv::FixedLength;
    use aws_lc_rs::rsa::{
        KeySize, OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey,
    };
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use serde_json::Value;
    use sha2::Sha256;

    use super::{EncryptedContent, NotificationKey, Unreadable};

    /// A notification made here, as Graph makes them.
    fn given(plain: &[u8]) -> (NotificationKey, EncryptedContent) {
        let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = private.as_der().unwrap();
        let public = OaepPublicEncryptingKey::new(private.public_key()).unwrap();
        let key: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 7).unwrap_or(9));
        let mut room = vec![0; public.ciphertext_size()];
        let sealed = public
            .encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut room, None)
            .unwrap();
        let unbound = UnboundCipherKey::new(&AES_256, &key).unwrap();
        let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(unbound).unwrap();
        let vector: [u8; 16] = *key.first_chunk().unwrap();
        let mut data = plain.to_vec();
        let vector = EncryptionContext::Iv128(FixedLength::from(vector));
        cipher.less_safe_encrypt(&mut data, vector).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(&data);
        let content = EncryptedContent {
            data: STANDARD.encode(&data),
            data_signature: STANDARD.encode(mac.finalize().into_bytes()),
            data_key: STANDARD.encode(sealed),
            encryption_certificate_id: "c1".to_owned(),
        };
        (NotificationKey::from_pkcs8(der.as_ref()).unwrap(), content)
    }

    #[test]
    fn a_notification_for_us_opens_and_a_changed_one_does_not() {
        let (key, content) = given(b"{\"id\":\"1\"}");
        assert_eq!(key.open(&content).unwrap().as_slice(), b"{\"id\":\"1\"}");
        let (other, _) = given(b"x");
        assert_eq!(other.open(&content).unwrap_err(), Unreadable);
        let mut data = STANDARD.decode(&content.data).unwrap();
        data[0] ^= 1;
        let changed = EncryptedContent {
            data: STANDARD.encode(data),
            ..content.clone()
        };
        assert_eq!(key.open(&changed).unwrap_err(), Unreadable);
        let unsigned = EncryptedContent {
            data_signature: String::new(),
            ..content
        };
        assert_eq!(key.open(&unsigned).unwrap_err(), Unreadable);
    }

    #[test]
    fn the_published_notification_opens() {
        let root = env::var_os("TREFOIL_REFERENCE").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"),
            PathBuf::from,
        );
        let file = "rich-notification-vector.json";
        let Ok(bytes) = fs::read(root.join("vectors").join(file)) else {
            let word =
                format!("\n*** NOT CHECKED: {file} is absent; only our own vector ran ***\n");
            io::stderr().write_all(word.as_bytes()).unwrap();
            return;
        };
        let vector: Value = serde_json::from_slice(&bytes).unwrap();
        let pem = vector["privateKeyPem"].as_str().unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
        let key = NotificationKey::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
        let content = &vector["notification"]["value"][0]["encryptedContent"];
        let content: EncryptedContent = serde_json::from_value(content.clone()).unwrap();
        let plain: Value = serde_json::from_slice(&key.open(&content).unwrap()).unwrap();
        assert_eq!(plain, vector["expectedPlaintext"]);
    }
}
