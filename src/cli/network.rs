//! `network`: pores and throats of a design, as files and in a few lines of text.

use std::path::Path;

use super::args::NetworkArgs;
use super::settings::{Resolver, Settings};
use super::{Failure, output, progress};
use crate::export::network::{PoreNetwork, write_openpnm, write_pores};
use crate::gauge::pore_network;
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::report::Status;
use crate::units::Length;

pub fn network(arguments: &NetworkArgs) -> Result<Status, Failure> {
    output::end_on_interrupt();
    for path in std::iter::once(&arguments.output).chain(&arguments.pores) {
        output::make_room(path)?;
    }
    let (progress, bar) = progress::spinner(!arguments.work.no_progress);
    let exec =
        Exec::new(arguments.work.threads.map(usize::from), progress).map_err(|e| Failure::Message(e.to_string()))?;
    let limits = arguments.work.memory.map_or_else(Limits::default, |memory| Limits { memory });
    let run = Resolver::new(limits, &exec).run(&Settings::of(&arguments.input), Path::new(""), false)?;
    let found = pore_network(&arguments.file, &run, &exec);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let (network, voxel) =
        found.map_err(|e| Failure::Message(format!("{}: {e}", crate::gauge::showable(&arguments.file))))?;
    output::write_file(&arguments.output, |out| write_openpnm(&mut { out }, &network))?;
    if let Some(path) = &arguments.pores {
        output::write_file(path, |out| write_pores(&mut { out }, &network))?;
    }
    output::print(&summary(&network, voxel))
}

/// A few lines about a network.
fn summary(network: &PoreNetwork, voxel: f64) -> String {
    let middle = |mut sizes: Vec<f64>| {
        sizes.sort_by(f64::total_cmp);
        match (sizes.first(), sizes.get(sizes.len() / 2), sizes.last()) {
            (Some(least), Some(median), Some(most)) => {
                let [least, median, most] = [least, median, most].map(|d| Length::from_um(*d));
                format!(", {median} in the median ({least} to {most})")
            }
            _ => String::new(),
        }
    };
    let pores = network.pores.len();
    let coordination = if pores > 0 { 2.0 * network.throats.len() as f64 / pores as f64 } else { 0.0 };
    format!(
        "pores         {pores}{}\nthroats       {}{}\ncoordination  {} on average\nvoxels        {}; pores are apart where a \
         pass is below 0.9 of the smaller\n",
        middle(network.pores.iter().map(|p| p.diameter_um).collect()),
        network.throats.len(),
        middle(network.throats.iter().map(|t| t.diameter_um).collect()),
        crate::units::significant(coordination, 3),
        Length::from_um(voxel)
    )
}
