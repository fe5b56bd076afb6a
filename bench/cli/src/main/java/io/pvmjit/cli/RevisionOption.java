package io.pvmjit.cli;

import io.pvmjit.Revision;
import io.pvmjit.rules.Rules;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option of commands whose work depends on the revision of the Gray Paper. */
final class RevisionOption {
    @Option(
            names = "--revision",
            paramLabel = "REVISION",
            converter = Converter.class,
            description = "Rules of the Gray Paper: next, 0.8.0 or 0.8.0-vectors. Default: next.")
    private Revision revision;

    /** The chosen revision; empty when none is. */
    Optional<Revision> chosen() {
        return Optional.ofNullable(revision);
    }

    /** The rules of the chosen revision, or those of the default. */
    Rules rules() {
        return chosen().map(Rules::of).orElseGet(Rules::defaults);
    }

    static final class Converter implements ITypeConverter<Revision> {
        @Override
        public Revision convert(String value) {
            try {
                return Revision.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
