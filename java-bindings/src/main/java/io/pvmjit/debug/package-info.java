/** Stepping through programs, and moving their state from one machine to another, whatever the backends. */
package io.pvmjit.debug;
