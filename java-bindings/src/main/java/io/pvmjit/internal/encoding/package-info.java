/** The encoding of natural numbers, for all that read one. Depends on nothing, and is not for embedders. */
package io.pvmjit.internal.encoding;
