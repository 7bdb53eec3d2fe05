//! Where tensors live: `--device auto|cpu|cuda|metal`.

use anyhow::{Context as _, Result};
use candle_core::{Device, utils};
use common::config::Usage;

/// The device asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DeviceChoice {
    /// CUDA where the program was built for it and a GPU is there, else the CPU
    Auto,
    /// The processor
    Cpu,
    /// The first NVIDIA GPU (build with `--features cuda`)
    Cuda,
    /// The first Apple GPU (build with `--features metal`); it has no f64, so most sections refuse it
    Metal,
}

impl DeviceChoice {
    /// Opens the device. A device the program was not built for is a usage error that says what was compiled in.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => Ok(Device::cuda_if_available(0).unwrap_or(Device::Cpu)),
            Self::Cuda if utils::cuda_is_available() => {
                Device::new_cuda(0).context("--device cuda: no GPU could be opened")
            }
            Self::Metal if utils::metal_is_available() => {
                Device::new_metal(0).context("--device metal: no GPU could be opened")
            }
            Self::Cuda => Err(not_built("cuda")),
            Self::Metal => Err(not_built("metal")),
        }
    }
}

fn not_built(name: &str) -> anyhow::Error {
    let gpus = [(", cuda", utils::cuda_is_available()), (", metal", utils::metal_is_available())];
    let gpus: String = gpus.iter().filter(|(_, built)| *built).map(|(name, _)| *name).collect();
    Usage(format!(
        "invalid value '{name}' for '--device': this program was built for auto, cpu{gpus} (build with --features {name} \
         to use it)"
    ))
    .into()
}
