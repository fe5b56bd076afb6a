/** The backends, and what lies between them and the API. Not for embedders: it changes without notice. */
package io.pvmjit.internal;
