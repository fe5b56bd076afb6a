/** The second implementation, written from the Gray Paper: an interpreter. Not for embedders: it changes without notice. */
package io.pvmjit.interpreter;
