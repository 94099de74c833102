//! What the fuzz targets share: mechanisms that let pass what no mutation can forge, ceremonies with
//! everything right but for one part, and mutations that keep a check a check.

pub mod ceremony;
pub mod mutation;
pub mod permissive;
