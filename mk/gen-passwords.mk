# The list of common passwords as C tables.
$(GEN)/auth_common_list.c: scripts/gen-passwords.sh lib/auth/common_passwords.txt
	@scripts/gen-passwords.sh $@ lib/auth/common_passwords.txt

GEN_SRC += $(GEN)/auth_common_list.c
