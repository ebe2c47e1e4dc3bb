//! The bytes of a recording file, made on the fly so that gigabytes cost no memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;

use super::model::Content;

const BLOCK: usize = 65_536;

/// What a file with this content and size sends from `start` on, `length` bytes, at most `pace` of them a second.
pub fn body(content: &Content, size: u64, start: u64, length: u64, pace: Option<u64>) -> Body {
    let head = Arc::new(head(content, size));
    let filler: Arc<[u8]> = filler().into();
    let end = start + length;
    Body::from_stream(stream::unfold(start, move |at| {
        let (head, filler) = (Arc::clone(&head), Arc::clone(&filler));
        async move {
            if at >= end {
                return None;
            }
            let chunk = block(&head, &filler, at, end);
            if let Some(pace) = pace {
                let millis = 1_000 * chunk.len() as u64 / pace.max(1);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            let next = at + chunk.len() as u64;
            Some((Ok::<_, std::io::Error>(chunk), next))
        }
    }))
}

/// The size of text; media has the size it was given, but never less than its boxes.
pub fn size(content: &Content, wanted: u64) -> u64 {
    match content {
        Content::Media { .. } => wanted.max(256),
        Content::Text(text) => text.len() as u64,
    }
}

/// The MIME type the download host declares.
pub fn mime(extension: &str) -> &'static str {
    match extension {
        "MP4" => "video/mp4",
        "M4A" => "audio/mp4",
        "VTT" => "text/vtt; charset=utf-8",
        "TXT" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The bytes from `at` to the end of its block: the head where it reaches, then filler that names its block.
fn block(head: &[u8], filler: &[u8], at: u64, end: u64) -> Bytes {
    let within = usize::try_from(at % BLOCK as u64).expect("a rest of 65536 fits");
    let number = at / BLOCK as u64;
    let mut bytes = filler.to_vec();
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    if number == 0 {
        let reach = head.len().min(BLOCK);
        bytes[..reach].copy_from_slice(&head[..reach]);
    } else if let Ok(from) = usize::try_from(number * BLOCK as u64)
        && from < head.len()
    {
        let reach = (head.len() - from).min(BLOCK);
        bytes[..reach].copy_from_slice(&head[from..from + reach]);
    }
    let until = usize::try_from(end - (at - within as u64))
        .unwrap_or(BLOCK)
        .min(BLOCK);
    Bytes::from(bytes).slice(within..until)
}

/// ISO 14496-12: `ftyp`, a `free` box that carries the canary, and an `mdat` box that reaches to the end.
fn head(content: &Content, size: u64) -> Vec<u8> {
    match content {
        Content::Text(text) => text.clone().into_bytes(),
        Content::Media { brand, canary, .. } => {
            let mut bytes = Vec::new();
            bytes.extend(32_u32.to_be_bytes());
            bytes.extend(b"ftyp");
            bytes.extend(brand);
            bytes.extend(512_u32.to_be_bytes());
            bytes.extend(b"isomiso2mp41mp42");
            let note = format!("recorded for {canary}");
            let free = u32::try_from(8 + note.len()).expect("a note is short");
            bytes.extend(free.to_be_bytes());
            bytes.extend(b"free");
            bytes.extend(note.as_bytes());
            let rest = size - bytes.len() as u64;
            // Size 1 announces a 64-bit size, so that a file may pass 4 GiB.
            bytes.extend(1_u32.to_be_bytes());
            bytes.extend(b"mdat");
            bytes.extend(rest.to_be_bytes());
            bytes
        }
    }
}

/// Bytes that do not compress and are the same in every run (Knuth's MMIX generator).
fn filler() -> Vec<u8> {
    let mut bytes = vec![0; BLOCK];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for word in bytes.as_chunks_mut::<8>().0 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *word = state.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::{Content, body};

    fn video() -> Content {
        Content::Media {
            brand: *b"isom",
            canary: "cnry-of-the-video".into(),
            bytes: 200_000,
        }
    }

    async fn read(start: u64, length: u64) -> Vec<u8> {
        let collected = body(&video(), 200_000, start, length, None)
            .collect()
            .await
            .unwrap();
        collected.to_bytes().to_vec()
    }

    #[tokio::test]
    async fn a_video_is_a_row_of_boxes_of_exactly_its_size() {
        let bytes = read(0, 200_000).await;
        assert_eq!(bytes.len(), 200_000);
        let mut at = 0_usize;
        let mut names = Vec::new();
        while at < bytes.len() {
            names.push(String::from_utf8(bytes[at + 4..at + 8].to_vec()).unwrap());
            at += match u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) {
                1 => usize::try_from(u64::from_be_bytes(
                    bytes[at + 8..at + 16].try_into().unwrap(),
                ))
                .unwrap(),
                size => usize::try_from(size).unwrap(),
            };
        }
        assert_eq!(
            (at, names),
            (200_000, vec!["ftyp".into(), "free".into(), "mdat".into()])
        );
        assert!(String::from_utf8_lossy(&bytes).contains("cnry-of-the-video"));
    }

    #[tokio::test]
    async fn a_part_is_the_same_as_that_part_of_the_whole() {
        let whole = read(0, 200_000).await;
        assert_eq!(read(70_001, 100_000).await, whole[70_001..170_001]);
    }
}
