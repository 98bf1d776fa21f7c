//! What belongs to neither side alone: the demo runs a whole exchange and both offices, the load tool
//! measures one.

pub mod demo;
pub mod load;
