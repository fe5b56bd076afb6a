/** What the system has and says of itself: memory, files, a timer. Depends on nothing. Not for embedders. */
package io.pvmjit.internal.system;
