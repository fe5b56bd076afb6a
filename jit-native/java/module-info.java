/** The C library as a resource: it has no classes. */
module io.pvmjit.library {}
