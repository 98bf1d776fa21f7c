//! What belongs to neither side alone: the demo runs a whole exchange and both offices.

pub mod demo;
