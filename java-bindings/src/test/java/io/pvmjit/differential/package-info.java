/**
 * Random programs run on two engines and compared at every stop. {@link io.pvmjit.differential.Generator} makes them,
 * {@link io.pvmjit.differential.Runner} runs one on one engine, {@link io.pvmjit.differential.Shrinker} makes a failing
 * one small, {@link io.pvmjit.differential.Campaign} does all that for many.
 */
package io.pvmjit.differential;
