/**
 * The host calls of refinement: inner machines, compiled modules, exports, look-ups (Gray Paper B.8 and B.9, with pull
 * request #530 as merged, e5375148, in revision {@code next}), and the invocations that serve them.
 */
package io.pvmjit.hostcalls.refine;
