//! Digits: those that are built in, and those of IDX files.

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::{Device, Tensor};
use common::context::{Context, InputFile};
use std::io::Read as _;

/// Pixels of an image, 28 × 28.
pub const PIXELS: usize = 784;
const SIDE: usize = 28;
/// The files of `--data`.
pub const FILES: [&str; 2] = ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"];
/// The last ones of those that are built in are for testing.
const NUM_TEST: usize = 200;
/// One grey image of many digits, side by side; tests/reference/digits.py makes it.
static BUILT_IN: &[u8] =
    if cfg!(feature = "digits") { include_bytes!("../../assets/digits.png") } else { b"not built in" };

/// Images of 784 grey values each.
#[derive(Debug)]
pub struct Digits {
    /// To learn from
    pub training: Vec<Vec<u8>>,
    /// To test with
    pub test: Vec<Vec<u8>>,
}

impl Digits {
    /// Those of `--data`, or those of the image that is built in, or comes as the input `digits`.
    pub fn of(context: &Context) -> Result<Self> {
        match context.inputs.get("data") {
            Some(files) => Self::from_idx(files),
            None => Self::from_image(context.input("digits").map_or(BUILT_IN, |file| &file.bytes)),
        }
    }

    /// The digits of an image that has them side by side.
    fn from_image(bytes: &[u8]) -> Result<Self> {
        let mut reader = png::Decoder::new(bytes).read_info().context("no image of digits")?;
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels)?;
        let (width, height) = (info.width as usize, info.height as usize);
        ensure!(info.color_type == png::ColorType::Grayscale && width.is_multiple_of(SIDE), "not the image of digits");
        let digit = |index: usize| {
            let (row, column) = (index / (width / SIDE) * SIDE, index % (width / SIDE) * SIDE);
            (0..SIDE).flat_map(|line| pixels[(row + line) * width + column..][..SIDE].iter().copied()).collect()
        };
        let mut training: Vec<Vec<u8>> = (0..width * height / PIXELS).map(digit).collect();
        let test = training.split_off(training.len() - NUM_TEST);
        Ok(Self { training, test })
    }

    /// The digits of IDX files, in the order of [`FILES`].
    pub fn from_idx(files: &[InputFile]) -> Result<Self> {
        let read = |index: usize| {
            let file = files.get(index).with_context(|| format!("--data: {} is missing", FILES[index]))?;
            images(&file.bytes).with_context(|| format!("--data {}", file.path))
        };
        Ok(Self { training: read(0)?, test: read(1)? })
    }
}

/// Bytes that a packed file may hold: four times what MNIST's training images have.
const LARGEST: u64 = 200_000_000;

/// The images of an IDX file, packed by gzip or not.
pub fn images(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut unpacked = vec![];
    let mut bytes = bytes;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = flate2::read::GzDecoder::new(bytes);
        packed.take(LARGEST + 1).read_to_end(&mut unpacked).context("the gzip file is damaged or cut off")?;
        ensure!(unpacked.len() as u64 <= LARGEST, "the gzip file holds more than {} MB", LARGEST / 1_000_000);
        bytes = &unpacked;
    }
    let number = |index: usize| -> Result<usize> {
        let four = bytes.get(4 * index..4 * index + 4).context("the file is shorter than its header of 16 bytes")?;
        Ok(four.iter().fold(0, |value, &byte| 256 * value + usize::from(byte)))
    };
    let (magic, count, rows, columns) = (number(0)?, number(1)?, number(2)?, number(3)?);
    if magic != 2051 {
        let hint = if magic == 2049 { ": these are labels" } else { "" };
        bail!("magic number {magic}, not 2051 of a file of images{hint}");
    }
    ensure!(rows == SIDE && columns == SIDE, "images of {rows} × {columns} pixels, not 28 × 28");
    ensure!(count > 0, "no images");
    let found = bytes.len() - 16;
    ensure!(found == count * PIXELS, "{count} images need {} bytes, the file has {found}", count * PIXELS);
    Ok(bytes[16..].chunks_exact(PIXELS).map(<[u8]>::to_vec).collect())
}

/// Images as rows of numbers from 0 to 1, `[D, 784]`.
pub fn tensor(images: &[Vec<u8>], device: &Device) -> Result<Tensor> {
    let values: Vec<f64> = images.iter().flatten().map(|&v| f64::from(v) / 255.0).collect();
    Ok(Tensor::from_vec(values, (images.len(), PIXELS), device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_digits_look_like_digits() -> Result<()> {
        let digits = Digits::from_image(BUILT_IN)?;
        assert_eq!((digits.training.len(), digits.test.len()), (1300, NUM_TEST));
        for image in digits.training.iter().chain(&digits.test) {
            assert_eq!(image.len(), PIXELS);
            let ink = image.iter().filter(|&&v| v > 0).count();
            assert!((20..450).contains(&ink), "{ink} pixels with ink");
        }
        Ok(())
    }

    #[test]
    fn idx_files_and_bad_ones() {
        let header = |magic: u32, count: u32| [magic, count, 28, 28].map(u32::to_be_bytes).concat();
        let good = [header(2051, 2), vec![7; 2 * PIXELS]].concat();
        assert_eq!(images(&good).unwrap(), vec![vec![7; PIXELS]; 2]);
        let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, &good).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(images(&packed).unwrap().len(), 2);
        let message = |bytes: &[u8]| format!("{:#}", images(bytes).unwrap_err());
        assert!(message(&good[..1000]).contains("2 images need 1568 bytes, the file has 984"));
        assert!(message(&good[..7]).contains("shorter than its header"));
        assert!(
            message(&[header(2049, 2), vec![0; 2]].concat())
                .contains("2049, not 2051 of a file of images: these are labels")
        );
        assert!(message(&packed[..packed.len() - 9]).contains("damaged or cut off"));
        let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        (0..=LARGEST >> 20).for_each(|_| std::io::Write::write_all(&mut packer, &zeros).unwrap());
        assert!(message(&packer.finish().unwrap()).contains("holds more than 200 MB"));
    }
}
