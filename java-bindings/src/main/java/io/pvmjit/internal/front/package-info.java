/** What implements the API, on top of everything. Not for embedders: it changes without notice. */
package io.pvmjit.internal.front;
