//! Tasks from their start to their end.
