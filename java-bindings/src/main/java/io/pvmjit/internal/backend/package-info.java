/** What a backend is to the API, which drives it and knows none by name. Not for embedders: it changes without notice. */
package io.pvmjit.internal.backend;
