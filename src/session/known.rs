//! What is found out once in a run for all who ask, such as everything that is missing.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Session;
use crate::error::Result;

/// Answers by their types.
#[derive(Default)]
pub struct Known(RefCell<HashMap<TypeId, Rc<dyn Any>>>);

impl Session {
    /// What `find` says of the whole of the evidence, the first time that something of its type is asked for; and the same
    /// from then on.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn once<T: 'static>(&self, find: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
        let known = self.known.0.borrow().get(&TypeId::of::<T>()).cloned();
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return Ok(known);
        }
        let found = Rc::new(find()?);
        self.known.0.borrow_mut().insert(TypeId::of::<T>(), found.clone());
        Ok(found)
    }
}
