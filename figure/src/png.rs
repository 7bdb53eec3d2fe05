//! Pixels as a PNG file.

use anyhow::Result;

/// The file of `width` × `height` pixels, three bytes each, row by row from the top.
pub(crate) fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    // A tenth of the time of the default, for less than twice the size.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::FilterType::Paeth);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}
