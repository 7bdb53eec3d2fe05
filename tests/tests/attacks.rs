//! Files that chance has changed, and disks that are full: a program is done, or ends with a line that says why, and never
//! panics, hangs or leaves half a file.
//!
//! A few of each; `ATTACKS=seed` makes many, begun by that seed.

use std::{fs, path::Path, process::Command, time::Duration};

use chapter5::codes::Code;
use common::sampling::{self, Rng};
use rand::Rng as _;
use tests::{
    programs::{fail, has, names, options, run_for, scratch, succeed, survived, tiny, tiny_run},
    section_programs,
};

/// How many attacks, and what they begin from.
fn rounds(few: usize, many: usize) -> (usize, Rng) {
    let seed = std::env::var("ATTACKS").ok();
    let rounds = if seed.is_some() { many } else { few };
    (rounds, sampling::rng(seed.map_or(1, |seed| seed.parse().expect("ATTACKS is a number")), 0))
}

/// What may stand where a file has a number.
const WORDS: [&str; 10] = ["", "-1", "0", "1e999", "NaN", "inf", "18446744073709551615", "4294967296", "é", "0.5 0.5"];

/// `file` with a few changes: flipped bits, a part lost, a part twice, another word in the place of one, bytes at the end.
fn mutated(file: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..40)).min(bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
            4 => {
                let word = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b',' && *byte != b':';
                let from = bytes[..at].iter().rposition(|b| !word(b)).map_or(0, |i| i + 1);
                let to = bytes[at..].iter().position(|b| !word(b)).map_or(bytes.len(), |i| at + i);
                bytes.splice(from..to.max(from), WORDS[rng.random_range(0..WORDS.len())].bytes()).for_each(drop);
            }
            _ => bytes.extend((0..rng.random_range(1..100)).map(|_| rng.random::<u8>())),
        }
    }
    bytes
}

/// Runs the tiny form of a program with a file (or a directory) that was changed.
fn survive(place: &Path, program: &str, option: &str, file: &str) {
    let arguments = [&tiny(&options(program))[..], &[option, file, "--out", "run"]].concat();
    let run = run_for(place, program, &arguments, Duration::from_secs(60));
    let run = run.unwrap_or_else(|| panic!("{program} {option}: a minute was not enough"));
    survived(&run, &format!("{program} {option}"));
}

#[test]
fn changed_parameter_files_do_no_harm() {
    let (rounds, mut rng) = rounds(3, 100);
    for name in section_programs() {
        if !has(&options(&name), "--load") {
            continue;
        }
        let place = scratch();
        tiny_run(place.path(), &name, "good", &[]);
        let good = fs::read(place.path().join("good/params.safetensors")).expect("parameters");
        for _ in 0..rounds {
            fs::write(place.path().join("changed"), mutated(&good, &mut rng)).expect("a file");
            survive(place.path(), &name, "--load", "changed");
        }
    }
}

#[test]
fn changed_data_files_do_no_harm() {
    let (rounds, mut rng) = rounds(6, 200);
    let rows = |header: &str, row: &dyn Fn(usize) -> String| header.to_owned() + &(0..20).map(row).collect::<String>();
    let euler = rows("t,x\n", &|i| format!("{},{}\n", 0.05 * i as f64, (-0.05 * i as f64).exp()));
    let orbits = rows("t,x,y\n", &|i| format!("{},{},{}\n", 0.5 * i as f64, 1.0 + 0.01 * i as f64, 2.0));
    let channel = "2,0.1,0.2,0.3\n0.1,-1,0.4,0.5\n0.2,0.7,1,-0.3\n0.5,0.1,0.1,3\n".to_owned();
    let files = [
        ("sec5_bp_train", "--alist", Code::bch().to_alist()),
        ("sec5_mimo_detection", "--channel", channel),
        ("sec6_du_euler", "--data", euler),
        ("sec6_lv_identification", "--data", orbits),
    ];
    for (name, option, good) in files {
        let place = scratch();
        fs::write(place.path().join("good"), &good).expect("a file");
        let arguments = [&tiny(&options(name))[..], &[option, "good", "--out", "good_run"]].concat();
        succeed(place.path(), name, &arguments);
        for _ in 0..rounds {
            fs::write(place.path().join("changed"), mutated(good.as_bytes(), &mut rng)).expect("a file");
            survive(place.path(), name, option, "changed");
        }
    }
    let images = [&[0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 28, 0, 0, 0, 28][..], &[100; 20 * 784]].concat();
    let place = scratch();
    for _ in 0..rounds {
        for file in ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"] {
            fs::write(place.path().join(file), mutated(&images, &mut rng)).expect("a file");
        }
        survive(place.path(), "sec5_mnist_reconstruction", "--data", ".");
    }
}

/// A file system of 64 KiB, until it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this process may not mount.
    fn mount() -> Option<Self> {
        let place = scratch();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(place.path()).output();
        mount.ok()?.status.success().then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_and_no_half_file_is_left() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: this user may not mount a small file system");
        return;
    };
    let place = disk.0.path();
    fs::write(place.join("filler"), vec![0; 60 << 10]).expect("a file that fits");
    for name in ["sec2_5_1_rbf", "sec3_du_gd", "sec3_du_gd_ridge", "sec4_du_jacobi"] {
        let arguments = [&tiny(&options(name))[..], &["--out", "run"]].concat();
        let line = fail(place, name, &arguments, 1);
        assert!(line.contains("space"), "{name}: {line}");
        let left = if place.join("run").exists() { names(&place.join("run")) } else { vec![] };
        assert!(left.iter().all(|file| !file.contains("partial") && !file.contains("tmp")), "{name}: {left:?}");
        for file in &left {
            assert!(fs::metadata(place.join("run").join(file)).expect("a file").len() > 0, "{name}: {left:?}");
        }
    }
}
