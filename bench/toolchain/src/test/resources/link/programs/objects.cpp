/*
 * C++ without exceptions and RTTI: virtual functions, pointers to members, templates, lambdas, lists in braces, static
 * objects and the order in which they are constructed, operator new in its forms.
 */
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

namespace {
uint64_t order;
uint64_t destroyed;

struct Shape {
    virtual ~Shape() {
        destroyed++;
    }
    virtual uint64_t area() const = 0;
};

struct Square : Shape {
    uint64_t side;
    explicit Square(uint64_t side) : side(side) {}
    uint64_t area() const override {
        return side * side;
    }
};

struct Counted {
    uint64_t count = 3;
    virtual uint64_t twice() {
        return 2 * count;
    }
};

struct Both : Square, Counted {
    Both() : Square(5) {}
    uint64_t twice() override {
        return 3 * count + side;
    }
};

struct alignas(128) Wide : Shape {
    uint64_t values[4] = {1, 2, 3, 4};
    uint64_t area() const override {
        return values[3] + (reinterpret_cast<uintptr_t>(this) & 127);
    }
};

struct Early {
    uint64_t *place;
    explicit Early(uint64_t digit) : place(new uint64_t(digit)) {
        order = order * 10 + digit;
    }
    ~Early() {
        order = 0;
    }
};

Early first(1);
Early second(2);

__attribute__((constructor(200))) void before() {
    order = order * 10 + 7;
}

__attribute__((constructor(150))) void before_that() {
    order = order * 10 + 6;
}

template <class Element> Element sum(std::initializer_list<Element> elements) {
    Element result{};
    for (auto element : elements) {
        result += element;
    }
    return result;
}

uint64_t counter(uint64_t add) {
    static Square square(7);
    return square.side += add;
}

template <unsigned N> struct Factorial {
    static constexpr uint64_t value = N * Factorial<N - 1>::value;
};

template <> struct Factorial<0> {
    static constexpr uint64_t value = 1;
};

class Digest {
  public:
    Digest &operator<<(uint64_t value) {
        state = (state ^ value) * 0x9e3779b97f4a7c15;
        state ^= state >> 29;
        return *this;
    }
    explicit operator uint64_t() const {
        return state;
    }

  private:
    uint64_t state = 1;
};

uint64_t by_reference(const uint64_t &value, uint64_t &&moved) {
    return value * moved;
}
}

extern "C" uint64_t start(uint64_t parameter);

extern "C" uint64_t start(uint64_t parameter) {
    Digest digest;
    destroyed = 0;
    digest << order << *first.place << *second.place << Factorial<10>::value;
    Shape *shapes[] = {new Square(parameter & 0xff), new Both, new Wide, new (std::nothrow) Square(4)};
    uint64_t (Shape::*method)() const = &Shape::area;
    for (auto shape : shapes) {
        digest << (shape->*method)();
    }
    Counted *counted = static_cast<Both *>(shapes[1]);
    uint64_t Counted::*member = &Counted::count;
    counted->*member += parameter & 7;
    digest << counted->twice();
    for (auto shape : shapes) {
        delete shape;
    }
    digest << destroyed;
    auto add = [&digest, parameter](uint64_t value) { digest << value + parameter; };
    add(sum<uint64_t>({1, 2, parameter & 3}));
    add(counter(parameter & 15));
    add(counter(0 - (parameter & 15)));
    auto *numbers = new uint32_t[(parameter & 7) + 2]();
    numbers[1] = 5;
    digest << numbers[0] << numbers[1];
    delete[] numbers;
    alignas(16) unsigned char room[sizeof(Square)];
    auto *placed = new (room) Square(6);
    digest << placed->area();
    placed->~Square();
    digest << by_reference(parameter & 0xffff, 17) << std::strlen("octets");
    return static_cast<uint64_t>(digest);
}

#ifdef __PVM__
#include <pvm.h>

static uint64_t result;

extern "C" pvm_octets refine(const uint8_t *arguments, uint64_t length) {
    uint64_t parameter = 0;
    memcpy(&parameter, arguments, length < 8 ? length : 8);
    result = start(parameter);
    return pvm_octets{&result, sizeof result};
}
#endif
