/** The backend that runs two side by side and compares them. Not for embedders: it changes without notice. */
package io.pvmjit.internal.crosscheck;
