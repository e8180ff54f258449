//! WebAssembly features beyond 3.0 that an embedder may turn on (clause G3).

use crate::error::Error;

/// Which features beyond WebAssembly 3.0 are accepted. All are off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features {
    /// Continuation types (`cont`), and tags whose function type has results.
    pub stack_switching: bool,
    /// Memories with pages of one byte.
    pub custom_page_sizes: bool,
}

impl Features {
    /// Every feature that can be turned on.
    pub(crate) const ALL: Features = Features {
        stack_switching: true,
        custom_page_sizes: true,
    };

    /// Checks that everything in `needed` is on.
    pub(crate) fn admit(&self, needed: Features) -> Result<(), Error> {
        for (feature, on, needed) in [
            (
                Feature::StackSwitching,
                self.stack_switching,
                needed.stack_switching,
            ),
            (
                Feature::CustomPageSizes,
                self.custom_page_sizes,
                needed.custom_page_sizes,
            ),
        ] {
            if needed && !on {
                return Err(Error::UnsupportedFeature {
                    feature,
                    offset: None,
                });
            }
        }
        Ok(())
    }
}

/// A feature that an input can need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// See [`Features::stack_switching`].
    StackSwitching,
    /// See [`Features::custom_page_sizes`].
    CustomPageSizes,
    /// Types shared between threads.
    SharedTypes,
    /// Descriptors of structures, and exact references.
    CustomDescriptors,
    /// The component model.
    Components,
}

impl Feature {
    /// The name by which errors and [`Features`] call it.
    pub fn name(self) -> &'static str {
        match self {
            Feature::StackSwitching => "stack_switching",
            Feature::CustomPageSizes => "custom_page_sizes",
            Feature::SharedTypes => "shared_types",
            Feature::CustomDescriptors => "custom_descriptors",
            Feature::Components => "components",
        }
    }

    /// Whether a field of [`Features`] turns it on.
    pub fn can_be_enabled(self) -> bool {
        match self {
            Feature::StackSwitching | Feature::CustomPageSizes => true,
            Feature::SharedTypes | Feature::CustomDescriptors | Feature::Components => false,
        }
    }
}
