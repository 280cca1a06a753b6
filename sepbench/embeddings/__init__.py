"""Networks that turn audio and texts into vectors, behind one interface; vectors are kept by the samples' hash."""
