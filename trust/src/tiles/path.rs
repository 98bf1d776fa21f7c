//! Names of tiles, as they are asked for.

use std::fmt;
use std::str::FromStr;

/// Levels of the tree in one level of tiles.
pub const TILE_HEIGHT: u8 = 8;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;

/// The highest level of tiles that a log of less than 2^64 leaves can have. The specification
/// leaves room for 63; no tile exists there.
pub const MAX_TILE_LEVEL: u8 = 7;

/// The longest path that is read, in bytes; the longest that exists has 47.
pub const MAX_PATH: usize = 64;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of complete subtrees of 256^`level` leaves.
    Hashes {
        /// At most [`MAX_TILE_LEVEL`].
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

/// The name of one tile or entry bundle that can exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile `index` of its kind, with `width` hashes or entries.
    ///
    /// # Errors
    ///
    /// [`TileError::Width`] unless `width` is 1 to [`TILE_WIDTH`]; [`TileError::Level`] above
    /// [`MAX_TILE_LEVEL`]; [`TileError::Index`] where a log of less than 2^64 leaves does not reach
    /// this tile.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TileError> {
        if width == 0 || width > TILE_WIDTH {
            return Err(TileError::Width);
        }
        let level = match kind {
            TileKind::Hashes { level } if level > MAX_TILE_LEVEL => return Err(TileError::Level),
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        let end = u128::from(index) * u128::from(TILE_WIDTH) + u128::from(width);
        if end > u128::from(u64::MAX >> (level * TILE_HEIGHT)) {
            return Err(TileError::Index);
        }
        Ok(Self { kind, index, width })
    }

    /// What the tile holds.
    #[must_use]
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// The tile's place among those of its kind.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, 1 to [`TILE_WIDTH`].
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The number of the first hash of its level, or of the first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.index * u64::from(TILE_WIDTH)
    }

    /// The least size of a log that has this tile.
    #[must_use]
    pub fn least_size(&self) -> u64 {
        let level = match self.kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        (self.first() + u64::from(self.width)) << (level * TILE_HEIGHT)
    }
}

/// The path below the log's address: `tile/1/x001/x234/067.p/8`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        write_index(f, self.index)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    /// Reads a path in its one spelling; nothing else reaches the file system.
    fn from_str(path: &str) -> Result<Self, Self::Err> {
        if path.len() > MAX_PATH {
            return Err(TileError::Path);
        }
        let rest = path.strip_prefix("tile/").ok_or(TileError::Path)?;
        let (kind, rest) = rest.split_once('/').ok_or(TileError::Path)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes { level: level.parse().map_err(|_| TileError::Path)? },
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().map_err(|_| TileError::Path)?),
            None => (rest, TILE_WIDTH),
        };
        let tile = Self::new(kind, parse_index(groups)?, width)?;
        // Refuses every other spelling that the parts above let through.
        if tile.to_string() == path { Ok(tile) } else { Err(TileError::Path) }
    }
}

/// Not a tile of any log, or not its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The content is not as long as the name says.
    #[error("the tile's content is not as long as its width demands")]
    Content,
    /// No log can have so many tiles.
    #[error("the tile's number is beyond any log")]
    Index,
    /// Above [`MAX_TILE_LEVEL`].
    #[error("the tile's level is above {MAX_TILE_LEVEL}")]
    Level,
    /// Not the path of a tile in its one spelling.
    #[error("not the path of a tile")]
    Path,
    /// Not 1 to [`TILE_WIDTH`].
    #[error("the tile's width is not 1 to {TILE_WIDTH}")]
    Width,
}

/// Groups of three digits, an "x" before all but the last.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let mut highest = 1;
    while index / highest >= 1000 {
        highest *= 1000;
    }
    while highest > 1 {
        write!(f, "x{:03}/", index / highest % 1000)?;
        highest /= 1000;
    }
    write!(f, "{:03}", index % 1000)
}

fn parse_index(groups: &str) -> Result<u64, TileError> {
    groups.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TileError::Path);
        }
        let group = digits.parse().map_err(|_| TileError::Path)?;
        index.checked_mul(1000).and_then(|i| i.checked_add(group)).ok_or(TileError::Index)
    })
}
