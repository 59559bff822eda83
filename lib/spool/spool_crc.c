/* SPDX-License-Identifier: MIT
 * CRC32C (Castagnoli): by the processor's instruction where it has one, else by tables of eight
 * bytes a step. */
#include "base/base.h"
#include "spool/spool_internal.h"

enum { CRC_POLY = (int)0x82f63b78, CRC_TABLES = 8 };

static uint32_t crc_table[CRC_TABLES][256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_make_tables(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? (c >> 1) ^ (uint32_t)CRC_POLY : c >> 1;
		crc_table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int t = 1; t < CRC_TABLES; t++)
			crc_table[t][i] = (crc_table[t - 1][i] >> 8) ^
			                  crc_table[0][crc_table[t - 1][i] & 0xff];
}

uint32_t spool_crc32c_table(uint32_t crc, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	pthread_once(&crc_once, crc_make_tables);
	crc = ~crc;
	for (; len >= 8; len -= 8, p += 8) {
		uint64_t v = spool_get64(p) ^ crc;

		crc = 0;
		for (int t = 0; t < CRC_TABLES; t++)
			crc ^= crc_table[CRC_TABLES - 1 - t][v >> (8 * t) & 0xff];
	}
	for (; len > 0; len--, p++)
		crc = (crc >> 8) ^ crc_table[0][(crc ^ *p) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_hardware(
        uint32_t crc, const uint8_t *p, size_t len)
{
	uint64_t c = ~crc;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t v;

		memcpy(&v, p, sizeof(v));
		c = _mm_crc32_u64(c, v);
	}
	for (; len > 0; len--, p++)
		c = _mm_crc32_u8((uint32_t)c, *p);
	return ~(uint32_t)c;
}

static bool crc_has_hardware(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

__attribute__((target("+crc"))) static uint32_t crc_hardware(
        uint32_t crc, const uint8_t *p, size_t len)
{
	uint32_t c = ~crc;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t v;

		memcpy(&v, p, sizeof(v));
		c = __crc32cd(c, v);
	}
	for (; len > 0; len--, p++)
		c = __crc32cb(c, *p);
	return ~c;
}

static bool crc_has_hardware(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}
#else
static uint32_t crc_hardware(uint32_t crc, const uint8_t *p, size_t len)
{
	return spool_crc32c_table(crc, p, len);
}

static bool crc_has_hardware(void)
{
	return false;
}
#endif

uint32_t spool_crc32c(uint32_t crc, const void *bytes, size_t len)
{
	if (crc_has_hardware())
		return crc_hardware(crc, bytes, len);
	return spool_crc32c_table(crc, bytes, len);
}
