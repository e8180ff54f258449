//! Whether modules fit together, and if not, why (clause L).
//!
//! The verdict is that of the matching rules, over one common set of groups. The explanation is
//! looked for after the verdict, and only where it is no.
//!
//! | file | what lives there |
//! |---|---|
//! | `reason`, `path`, `difference` | what an explanation is made of |
//! | `side` | the two sides of a comparison, and their common identities |
//! | `parts`, `value` | the parts of two types side by side, and what comparing one comes to |
//! | `equal`, `below`, `walk` | the way to the first difference of two defined types |
//! | `externs` | the same for external types |
//! | `hint`, `order`, `near_type`, `nearest` | what may help |
//! | `linker`, `offer`, `host`, `cycles`, `judge` | who imports what from whom; whether it fits |
//! | `explain`, `diff` | two types; two versions of a module |
//! | `wat`, `report`, `text` | how types and reports read |

mod below;
mod cycles;
mod diff;
mod difference;
mod equal;
mod explain;
mod externs;
mod hint;
mod host;
mod judge;
mod linker;
mod near_type;
mod nearest;
mod offer;
mod order;
mod parts;
mod path;
mod reason;
mod report;
mod side;
mod text;
mod value;
mod walk;
mod wat;

pub use diff::{Change, InterfaceChange, InterfaceDiff, diff};
pub use difference::Difference;
pub use explain::{Explanation, explain, explain_subtype};
pub use linker::{Linker, PartyId};
pub use path::{Path, Step, StepKind};
pub use reason::Reason;
pub use report::{Import, LinkReport, Mismatch};
