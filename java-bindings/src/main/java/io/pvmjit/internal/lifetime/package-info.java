/** Keeping, freeing and closing things, also when heap or stack are at their end. Depends on nothing. Not for embedders. */
package io.pvmjit.internal.lifetime;
