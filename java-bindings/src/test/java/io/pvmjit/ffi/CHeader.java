package io.pvmjit.ffi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a C header declares, read with just enough C for {@code pvmjit.h}: integer macros, enumerations, structures of
 * integers, pointers and arrays, and functions. Anything else is refused, never passed over.
 */
record CHeader(Map<String, Long> constants, Map<String, List<Field>> structures, Map<String, Function> functions) {

    /** A type by its size in octets; a pointer has 8. */
    record Type(int size, boolean pointer) {}

    /** {@code length} is 0 where there is no array. */
    record Field(String name, Type type, long length) {}

    /** {@code result} is null for void. */
    record Function(Type result, List<Type> parameters) {}

    private static final Map<String, Integer> SIZES = Map.ofEntries(
            Map.entry("char", 1),
            Map.entry("int8_t", 1),
            Map.entry("uint8_t", 1),
            Map.entry("int16_t", 2),
            Map.entry("uint16_t", 2),
            Map.entry("int32_t", 4),
            Map.entry("uint32_t", 4),
            Map.entry("int", 4),
            Map.entry("int64_t", 8),
            Map.entry("uint64_t", 8),
            Map.entry("size_t", 8));

    private static final Pattern CPLUSPLUS = Pattern.compile("(?ms)^#ifdef __cplusplus$.*?^#endif$");
    private static final Pattern DIRECTIVE = Pattern.compile("(?m)^[ \t]*#.*$");
    private static final Pattern DEFINE = Pattern.compile("#define (\\w+) (0[xX][0-9a-fA-F]+|\\d+)[uUlL]*");
    private static final Pattern HARMLESS =
            Pattern.compile("#(include [<\"].*|ifndef \\w+|endif|pragma GCC visibility .*|define \\w+)");

    private static final Pattern DECLARATION = Pattern.compile(
            """
            \\s*(?:
              enum \\s+ \\w+ \\s* \\{ (?<enumerators> [^}]*) \\} \\s* ;
            | typedef \\s+ struct \\s+ (?<opaque> \\w+) \\s+ \\k<opaque> \\s* ;
            | typedef \\s+ struct \\s+ (?<structure> \\w+) \\s* \\{ (?<fields> [^}]*) \\} \\s* \\k<structure> \\s* ;
            | _Static_assert \\s* \\( [^;]* \\) \\s* ;
            | (?<result> [\\w\\s*]+? ) \\b (?<function> \\w+) \\s* \\( (?<parameters> [^()]*) \\) \\s* ;
            )\\s*""",
            Pattern.COMMENTS);
    private static final Pattern ENUMERATOR = Pattern.compile("(\\w+)(?:\\s*=\\s*(\\w+))?");
    private static final Pattern DECLARATOR =
            Pattern.compile("(.*?[\\s*])(\\w+)\\s*(?:\\[\\s*(\\w+)\\s*\\])?", Pattern.DOTALL);

    static CHeader parse(String text) {
        var header = new CHeader(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        var source = CPLUSPLUS.matcher(withoutComments(text)).replaceAll("");
        DIRECTIVE.matcher(source).results().forEach(directive -> header.directive(directive.group()));
        header.declarations(DIRECTIVE.matcher(source).replaceAll(""));
        return header;
    }

    static String withoutComments(String text) {
        return text.replaceAll("(?s)/\\*.*?\\*/", " ").replaceAll("(?m)[ \t]+$", "");
    }

    private void directive(String line) {
        var define = DEFINE.matcher(line);
        if (define.matches()) {
            constants.put(define.group(1), Long.decode(define.group(2)));
        } else if (!HARMLESS.matcher(line).matches()) {
            throw new IllegalArgumentException("cannot read the directive: " + line);
        }
    }

    private void declarations(String source) {
        var matcher = DECLARATION.matcher(source);
        int position = 0;
        while (!source.substring(position).isBlank()) {
            matcher.region(position, source.length());
            if (!matcher.lookingAt()) {
                var line = source.substring(position).strip().lines().findFirst().orElse("");
                throw new IllegalArgumentException("cannot read the declaration: " + line);
            }
            if (matcher.group("enumerators") != null) {
                enumerators(matcher.group("enumerators"));
            } else if (matcher.group("structure") != null) {
                structures.put(matcher.group("structure"), fields(matcher.group("fields")));
            } else if (matcher.group("function") != null) {
                functions.put(
                        matcher.group("function"),
                        new Function(type(matcher.group("result")), parameters(matcher.group("parameters"))));
            }
            position = matcher.end();
        }
    }

    private void enumerators(String list) {
        long next = 0;
        for (var entry : list.split(",")) {
            if (entry.isBlank()) {
                continue; // behind a closing comma
            }
            var enumerator = ENUMERATOR.matcher(entry.strip());
            if (!enumerator.matches()) {
                throw new IllegalArgumentException("cannot read the enumerator: " + entry);
            }
            long value = enumerator.group(2) == null ? next : number(enumerator.group(2));
            constants.put(enumerator.group(1), value);
            next = value + 1;
        }
    }

    private List<Field> fields(String body) {
        var fields = new ArrayList<Field>();
        for (var declaration : body.split(";")) {
            if (!declaration.isBlank()) {
                fields.add(declarator(declaration));
            }
        }
        return fields;
    }

    private List<Type> parameters(String list) {
        var types = new ArrayList<Type>();
        if (!list.strip().equals("void")) {
            for (var parameter : list.split(",")) {
                types.add(declarator(parameter).type());
            }
        }
        return types;
    }

    private Field declarator(String text) {
        var declarator = DECLARATOR.matcher(text.strip());
        if (!declarator.matches()) {
            throw new IllegalArgumentException("cannot read the declarator: " + text);
        }
        long length = declarator.group(3) == null ? 0 : number(declarator.group(3));
        return new Field(declarator.group(2), type(declarator.group(1)), length);
    }

    private static Type type(String text) {
        if (text.contains("*")) {
            return new Type(8, true);
        }
        var name = text.replaceAll("\\bconst\\b", "").strip();
        if (name.equals("void")) {
            return null;
        }
        if (!SIZES.containsKey(name)) {
            throw new IllegalArgumentException("cannot tell the size of the type: " + text);
        }
        return new Type(SIZES.get(name), false);
    }

    private long number(String text) {
        return constants.containsKey(text) ? constants.get(text) : Long.decode(text);
    }
}
