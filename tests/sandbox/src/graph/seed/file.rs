//! Files that are attached in the story: small, well formed, and each with its canary inside.

use std::fmt::Write;

use bytes::Bytes;

use crate::world::digest;

/// A PDF of one page with this line on it, followed by about `weight` bytes that no reader shows.
pub(super) fn pdf(line: &str, weight: usize) -> Bytes {
    let words: String = line.chars().filter(char::is_ascii).collect();
    let drawn = format!("BT /F1 18 Tf 72 720 Td ({words}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawn}\nendstream", drawn.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    places.push(file.len());
    file.extend(format!("6 0 obj\n<< /Length {weight} >>\nstream\n").bytes());
    file.extend(noise("pdf", line, weight));
    file.extend(b"\nendstream\nendobj\n");
    let table = file.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
    for place in &places {
        writeln!(end, "{place:010} 00000 n ").expect("a string takes everything");
    }
    let size = places.len() + 1;
    write!(
        end,
        "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    )
    .expect("a string takes everything");
    file.extend(end.bytes());
    Bytes::from(file)
}

/// A price list with this note in its head, of this many lines.
pub(super) fn csv(note: &str, lines: usize) -> Bytes {
    let mut text = format!("\u{feff}Position;Bezeichnung;Menge;Preis\r\n# {note}\r\n");
    for line in 1..=lines {
        let price = line * 37 % 900;
        write!(
            text,
            "{line};Anschlussdose Büro {line:05};{};{price},90\r\n",
            line % 12 + 1
        )
        .expect("a string takes everything");
    }
    Bytes::from(text)
}

/// A picture of one colour (RGB) with stripes, not packed, so that its size follows from its measures.
pub(super) fn png(width: u32, height: u32, [red, green, blue]: [u8; 3]) -> Bytes {
    let mut rows = Vec::new();
    for row in 0..height {
        rows.push(0);
        for column in 0..width {
            let light = if (row / 6 + column / 18) % 2 == 0 {
                0
            } else {
                40
            };
            rows.extend([red, green, blue].map(|it| it.saturating_add(light)));
        }
    }
    let mut packed = vec![0x78, 0x01];
    let blocks = rows.chunks(65_535).count();
    for (index, block) in rows.chunks(65_535).enumerate() {
        let length = u16::try_from(block.len()).expect("a block has at most 65535 bytes");
        packed.push(u8::from(index + 1 == blocks));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend(adler(&rows).to_be_bytes());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = width.to_be_bytes().to_vec();
    head.extend(height.to_be_bytes());
    // Eight bits for each of three colours.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &head);
    chunk(&mut file, *b"IDAT", &packed);
    chunk(&mut file, *b"IEND", &[]);
    Bytes::from(file)
}

fn noise(kind: &str, label: &str, length: usize) -> impl Iterator<Item = u8> + use<> {
    digest(kind, label).into_iter().cycle().take(length)
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).expect("these pictures are small");
    file.extend(length.to_be_bytes());
    let checked = [kind.as_slice(), content].concat();
    file.extend(&checked);
    file.extend(crc(&checked).to_be_bytes());
}

/// The checksum of PNG's chunks.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// The checksum of what a chunk packs.
fn adler(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_checks_their_formats_want() {
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        assert_eq!(adler(b"Wikipedia"), 0x11E6_0398);
        let drawn = pdf("plan", 1_000);
        assert!(drawn.starts_with(b"%PDF-") && drawn.ends_with(b"%%EOF\n"));
        assert!(png(4, 4, [0, 0, 0]).starts_with(b"\x89PNG"));
    }
}
