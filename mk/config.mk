# Compilers, flags and the variants of a build: release (gcc -O2), clang, asan (gcc, ASan + UBSan),
# ubsan (gcc; the store in the asan lane, since ASan cannot live with libchdb).
VARIANT ?= release
BUILD ?= build
OUT := $(BUILD)/$(VARIANT)
GEN := $(BUILD)/gen
LIBCHDB := $(BUILD)/lib/libchdb.so

comma := ,

CC_release := gcc
CC_clang := clang
CC_asan := gcc
CC_ubsan := gcc
CC := $(CC_$(VARIANT))

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wformat=2 -Wpointer-arith -Wwrite-strings -Wunused-result
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-strict-aliasing \
	-fno-delete-null-pointer-checks
OPT_release := -O2 -D_FORTIFY_SOURCE=2
OPT_clang := -O2 -D_FORTIFY_SOURCE=2
OPT_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_ubsan := -O1 -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT := $(OPT_$(VARIANT))

VERSION := $(shell cat VERSION 2>/dev/null || echo 0.0.0)
CPPFLAGS := -D_GNU_SOURCE -DYAVIO_VERSION='"$(VERSION)"' -I. -Ilib -I$(GEN) -I/usr/include/postgresql
CFLAGS := -std=c11 -g $(OPT) $(WARN) $(HARDEN)
LDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(filter -fsanitize=%,$(OPT)) \
	$(if $(filter asan,$(VARIANT)),-Wl$(comma)-u$(comma)__lsan_is_turned_off)
LDLIBS := -loath -ljansson -lcrypto -largon2 -lcurl -lpq -lfcgi -lmicrohttpd -lz -lpthread -lm
