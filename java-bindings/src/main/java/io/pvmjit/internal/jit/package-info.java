/**
 * The backend of machine code: the binding to the C library, and alone to reach it. Not for embedders: it changes without
 * notice.
 */
package io.pvmjit.internal.jit;
