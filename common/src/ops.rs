//! Operations with hand-written derivatives (in the making).
