#pragma once
// Which sanitizer a test is compiled with: GCC defines a macro for each, Clang has a question.

#if defined(__SANITIZE_ADDRESS__)
#define LATENT_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LATENT_ADDRESS_SANITIZER 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define LATENT_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LATENT_THREAD_SANITIZER 1
#endif
#endif
