/* Included before sources in C++: main is a function like any other for a compiler that expects no library. */
extern "C" int main();
