//! Our mark in the sizes that the hosts want, drawn by `scripts/icons`, and the packages it travels in.

use std::io::{Cursor, Write as _};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The colour icon of a package, 192 pixels square.
pub const COLOR: &[u8] = include_bytes!("icons/color.png");
/// The outline icon of a package: white on nothing, 32 pixels square.
pub const OUTLINE: &[u8] = include_bytes!("icons/outline.png");

/// The icon of that many pixels, a PNG; none in sizes that no manifest names.
pub fn sized(pixels: u16) -> Option<&'static [u8]> {
    Some(match pixels {
        16 => include_bytes!("icons/16.png"),
        25 => include_bytes!("icons/25.png"),
        32 => include_bytes!("icons/32.png"),
        48 => include_bytes!("icons/48.png"),
        64 => include_bytes!("icons/64.png"),
        80 => include_bytes!("icons/80.png"),
        128 => include_bytes!("icons/128.png"),
        192 => COLOR,
        _ => return None,
    })
}

/// The sizes below which `/addins/icons/{size}.png` serves a mobile button of that size on screens one, two and three
/// times as sharp: each is at least as large as what is shown.
pub(super) const MOBILE: [(u8, [u16; 3]); 3] = [
    (25, [25, 64, 80]),
    (32, [32, 64, 128]),
    (48, [48, 128, 192]),
];

/// A zip file of these files, always the same bytes for the same files.
pub(super) fn package(files: &[(&str, &[u8])]) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        // Some kilobytes, so nothing is compressed, and our own packages are known by our name in them.
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, content) in files {
        zip.start_file(*name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}
